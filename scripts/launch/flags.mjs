/**
 * `--name value` pairs with whole numbers, as a table names them.
 * @template {Record<string, number>} Defaults
 * @param {string[]} args
 * @param {Defaults} defaults
 * @returns {Defaults}
 */
export function readFlags(args, defaults) {
  /** @type {Record<string, number>} */
  const flags = { ...defaults }
  for (let i = 0; i < args.length; i += 2) {
    const name = (args[i] ?? '').replace(/^--/, '')
    const value = Number(args[i + 1])
    if (!(name in defaults))
      throw new Error(
        `unknown flag ${args[i]}; known: ${Object.keys(defaults)
          .map((n) => `--${n}`)
          .join(' ')}`,
      )
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} needs a whole number`)
    flags[name] = value
  }
  return /** @type {Defaults} */ (flags)
}
