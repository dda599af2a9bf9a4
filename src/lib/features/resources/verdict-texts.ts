/** A verdict and its evidence in words; the figures are the server's. */
import type { Evidence, Part, Verdict } from '#contract/resources'
import { catalogue } from '../../i18n/catalogue.ts'
import { age, count, figure, hourMinuteSecond } from '../../i18n/time.ts'
import { unitOf, wordOf } from './lanes.ts'
import { resourceText } from './texts.ts'

const words = catalogue(
  {
    hostOver: 'The host’s {figure} is over its limit{lead}{peers}.',
    hostPeers: '{n} other desktops of this host stutter at once, though the host itself is within its limits.',
    networkOver: 'The network’s {figure} is over its limit{lead}.',
    desktopOver: 'The desktop’s own {figure} is over its limit{lead}.',
    client: 'Desktop, host and network are within their limits: what is left is the client and its screen.',
    noSamples: 'Nothing was measured around the report, so nobody can be suspected.',
    nothingOver: 'Everything that was measured stayed within its limits.',
    notMeasured: '{part}: not measured, so it cannot be ruled out.',
    lead: ', {time} before the stutter',
    peers: ', and {n, plural, one {# other desktop} other {# other desktops}} of the host stutter, too',
    lineOver: '{part} {figure} {value} (limit {limit})',
    lineOverSince: '{part} {figure} {value} (limit {limit}) since {time}',
    lineFine: '{part} {figure} {value}',
    moved: '{time}: {n} desktops moved in, {before} → {after}',
    linePeers: '{n} of {of} desktops of the host stutter',
    missing: '{part}: no samples',
  },
  {
    hostOver: '物理机{figure}超过阈值{lead}{peers}。',
    hostPeers: '同主机另有 {n} 台桌面同时卡顿，而物理机自身指标正常。',
    networkOver: '网络{figure}超过阈值{lead}。',
    desktopOver: '桌面自身{figure}超过阈值{lead}。',
    client: '桌面、物理机和网络都正常：剩下的是客户端及其屏幕。',
    noSamples: '上报前后没有采样，无法判断。',
    nothingOver: '采集到的指标都没有超过阈值。',
    notMeasured: '{part}未采集，不能排除。',
    lead: '，先于卡顿 {time}',
    peers: '，且同主机另有 {n} 台桌面同时卡顿',
    lineOver: '{part} {figure} {value}（限 {limit}）',
    lineOverSince: '{part} {figure} {value}（限 {limit}），始于 {time}',
    lineFine: '{part} {figure} {value}',
    moved: '{time} 迁入 {n} 台桌面，{before} → {after}',
    linePeers: '同主机 {of} 台桌面中 {n} 台卡顿',
    missing: '{part}：没有采样',
  },
)

type Figure = Extract<Evidence, { kind: 'figure' }>
const seconds = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : age(ms))
const withUnit = (name: string, value: number) => {
  const unit = unitOf(name)
  return `${figure(value)}${unit === '%' ? '%' : unit && ` ${unit}`}`
}

export function verdictSentence({ suspect, rule, evidence }: Verdict): string {
  const peers = evidence.find((line) => line.kind === 'peers')
  const over = evidence.find((line): line is Figure => line.kind === 'figure' && line.over && line.part === suspect)
  if (suspect === 'client') return words('client')
  if (rule === 'no-samples') return words('noSamples')
  if (rule.endsWith('-not-measured')) return words('notMeasured', { part: partWord(rule.slice(0, -13)) })
  if (!over) return suspect === 'host' ? words('hostPeers', { n: peers?.stuttering ?? 0 }) : words('nothingOver')
  const lead = over.lead !== null && over.lead >= 1_000 ? words('lead', { time: seconds(over.lead) }) : ''
  const params = { figure: wordOf(over.figure), lead }
  if (suspect === 'network') return words('networkOver', params)
  if (suspect === 'desktop') return words('desktopOver', params)
  return words('hostOver', { ...params, peers: peers ? words('peers', { n: peers.stuttering }) : '' })
}

export const partWord = (part: string) =>
  resourceText(part === 'host' || part === 'network' || part === 'desktop' ? part : 'unknown')

export interface EvidenceLine {
  text: string
  mark: 'over' | 'fine' | 'missing'
}

export function evidenceLine(line: Evidence): EvidenceLine {
  if (line.kind === 'skewed') return { text: resourceText('skewed'), mark: 'missing' }
  if (line.kind === 'missing') return { text: words('missing', { part: partWord(line.part) }), mark: 'missing' }
  if (line.kind === 'peers')
    return { text: words('linePeers', { n: count(line.stuttering), of: count(line.of) }), mark: 'over' }
  if (line.kind === 'moved') {
    const { before, after } = line
    return { text: words('moved', { time: hourMinuteSecond(line.at), n: after - before, before, after }), mark: 'over' }
  }
  return { text: figureLine(line), mark: line.over ? 'over' : 'fine' }
}

function figureLine({ part, figure: name, value, limit, over, since }: Figure): string {
  const params = { part: partOf(part), figure: wordOf(name), value: withUnit(name, value) }
  if (!over || limit === null) return words('lineFine', params)
  const told = { ...params, limit: withUnit(name, limit) }
  return since === null ? words('lineOver', told) : words('lineOverSince', { ...told, time: hourMinuteSecond(since) })
}

const partOf = (part: Part) => partWord(part)
