/** The second page comes after the first is painted; a screen that lost its line meanwhile asks until it has it. */
export async function loadCapacityFace(): Promise<(typeof import('./CapacityFace.svelte'))['default']> {
  for (;;) {
    try {
      return (await import('./CapacityFace.svelte')).default
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5_000))
    }
  }
}
