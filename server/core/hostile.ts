/** What no schema should have to think of: names that reach a prototype, depth that ends a stack, keys no database stores. */

/** Far above anything the API takes; what recurses over a body must never meet more. */
const mostDepth = 20
const mostFindings = 10

export interface Finding {
  path: string
  message: string
}

/** Empty for everything an honest client sends. Walks without recursion, since depth is one of the things it looks for. */
export function hostileFields(body: unknown): Finding[] {
  const findings: Finding[] = []
  const open: [value: object, path: string, depth: number][] = isObject(body) ? [[body, '', 1]] : []
  for (let next = open.pop(); next && findings.length < mostFindings; next = open.pop()) {
    const [value, parent, depth] = next
    for (const [key, inner] of Object.entries(value)) {
      const path = parent === '' ? key : `${parent}.${key}`
      if (key === '__proto__') findings.push({ path, message: 'not a name of a field' })
      else if (key.includes('\0'))
        findings.push({ path: path.replaceAll('\0', '\\0'), message: 'a name may not contain NUL' })
      else if (isObject(inner)) {
        if (depth === mostDepth) findings.push({ path, message: `nested deeper than ${mostDepth}` })
        else open.push([inner, path, depth + 1])
      }
    }
  }
  return findings
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
