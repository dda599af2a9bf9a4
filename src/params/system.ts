const planned = new Set([
  'overview',
  'signals',
  'images',
  'templates',
  'image-desktops',
  'certificates',
  'licences',
  'reports',
])

/** Systems that have an honest page until they are there; a test keeps this in step with the rail. */
export const match = (value: string) => planned.has(value)
