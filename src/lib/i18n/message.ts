/**
 * The part of ICU message syntax that the catalogues use: `{name}` and `{n, plural, one {# alarm} other {# alarms}}`.
 * A full parser would cost every first page 9 KB.
 */
export type Params = Record<string, string | number>

const plural = /\{(\w+), plural,((?:\s*\w+ \{[^{}]*\})+)\s*\}/g
const branch = /(\w+) \{([^{}]*)\}/g

export function formatMessage(message: string, params: Params, rules: Intl.PluralRules): string {
  if (!message.includes('{')) return message
  return message
    .replace(plural, (_, name: string, branches: string) => {
      const value = params[name] ?? 0
      const forms = new Map([...branches.matchAll(branch)].map(([, form = '', text = '']) => [form, text]))
      const chosen = forms.get(rules.select(countOf(value))) ?? forms.get('other') ?? ''
      return chosen.replaceAll('#', String(value))
    })
    .replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** A number may come with its separators. */
const countOf = (value: string | number) => (typeof value === 'number' ? value : Number(value.replaceAll(',', '')))
