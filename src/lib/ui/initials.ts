/** 李娜 → 李, Li Na → LN, lina → LI. */
export function initialsOf(name: string): string {
  const trimmed = name.trim()
  if (/\p{Script=Han}/u.test(trimmed)) return trimmed.slice(0, 1)
  const words = trimmed.split(/[\s._-]+/).filter(Boolean)
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => word.slice(0, 1)) : [trimmed.slice(0, 2)]
  return letters.join('').toUpperCase()
}

/** The ring's hue is the person; the letters are the identity. */
export function hueOf(name: string): number {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003
  return sum % 5
}
