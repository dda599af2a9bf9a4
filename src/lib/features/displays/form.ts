/** Between what is typed and what is sent. */
import { DisplayInput, usualSettings, type DisplayRow, type DisplaySettings, type Sounds } from '#contract/displays'

export interface Typed extends Pick<DisplaySettings, 'language' | 'theme' | 'pages'> {
  name: string
  seconds: string
  distance: string
  diagonal: string
  severities: Sounds['severities']
  volume: string
  silent: boolean
  from: string
  to: string
}

export function typedOf(name: string, settings: DisplaySettings): Typed {
  const { sounds, language, theme, pages } = settings
  return {
    name,
    language,
    theme,
    pages,
    seconds: String(settings.seconds),
    distance: String(settings.distance),
    diagonal: String(settings.diagonal),
    severities: sounds.severities,
    volume: String(sounds.volume),
    silent: sounds.silent !== null,
    from: sounds.silent?.from ?? '22:00',
    to: sounds.silent?.to ?? '07:00',
  }
}

export const blank = (language: DisplaySettings['language']): Typed => typedOf('', { ...usualSettings, language })
export const ofRow = ({ name, settings }: DisplayRow): Typed => typedOf(name, settings)

const number = (text: string) => (text.trim() === '' ? NaN : Number(text))

export function inputOf(typed: Typed): DisplayInput {
  const { language, theme, pages, severities, silent, from, to } = typed
  return {
    name: typed.name.trim(),
    settings: {
      pages,
      seconds: number(typed.seconds),
      language,
      theme,
      sounds: { severities, volume: number(typed.volume), silent: silent ? { from, to } : null },
      distance: number(typed.distance),
      diagonal: number(typed.diagonal),
    },
  }
}

/** Names of the fields that are not as they must be. */
export function wrongIn(input: DisplayInput): string[] {
  const parsed = DisplayInput.safeParse(input)
  return (parsed.error?.issues ?? []).map(({ path }) => String(path.findLast((part) => typeof part === 'string')))
}
