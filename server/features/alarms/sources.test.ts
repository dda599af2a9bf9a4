import { expect, test } from 'vitest'
import { defaultMapping, isWatchdog, LabelMapping, mapLabels } from './sources.ts'

const map = (labels: Record<string, string>, annotations: Record<string, string> = {}, mapping = defaultMapping) =>
  mapLabels(mapping, { alertname: 'X', ...labels }, annotations)

test('severities map by word: warning is medium, info is low, an unknown word is the fallback', () => {
  const words = {
    critical: 'critical',
    page: 'critical',
    error: 'high',
    WARNING: 'medium',
    info: 'low',
    none: 'low',
    purple: 'medium',
  }
  for (const [word, severity] of Object.entries(words)) expect(map({ severity: word }).severity).toBe(severity)
  expect(map({}).severity).toBe('medium')
})

test('words that every object knows are words like any other', () => {
  for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(map({ severity: word }).severity).toBe('medium')
  }
  const odd = { ...defaultMapping, type: ['constructor', 'alertname'], desktop: ['valueOf'] }
  expect(map({}, {}, odd)).toMatchObject({ type: 'X', desktop: null })
})

test('the first label that is present says where it is; a port is no part of a host', () => {
  expect(map({ desktop: 'CAD-1', instance: 'h1:9100' })).toMatchObject({ desktop: 'CAD-1', host: 'h1' })
  expect(map({ host: 'h2', instance: 'h1:9100' }).host).toBe('h2')
  expect(map({ job: 'node' }).host).toBe('node')
  expect(map({}).host).toBe('X')
})

test('a summary comes from the annotations, cut to what a row shows; else from the labels, else the name', () => {
  expect(map({}, { summary: 's', description: 'd' }).summary).toBe('s')
  expect(map({}, { description: 'd'.repeat(900) }).summary).toHaveLength(500)
  expect(map({ message: 'm' }).summary).toBe('m')
  expect(map({}).summary).toBe('X')
})

test('a runbook is a web address or nothing', () => {
  expect(map({}, { runbook_url: 'https://runbooks.example.com/x' }).runbook).toBe('https://runbooks.example.com/x')
  expect(map({}, { runbook: 'http://runbooks.example.com/x' }).runbook).toBe('http://runbooks.example.com/x')
  for (const no of ['javascript:alert(1)', 'runbook 7', `https://example.com/${'x'.repeat(500)}`]) {
    expect(map({}, { runbook_url: no }).runbook).toBeNull()
  }
})

test('a mapping names severities and labels and nothing else', () => {
  expect(LabelMapping.safeParse(defaultMapping).success).toBe(true)
  for (const wrong of [
    { ...defaultMapping, severity: { warning: 'orange' } },
    { ...defaultMapping, severity: { 'a.b': 'low' } },
    { ...defaultMapping, severity: { 'a\0b': 'low' } },
    { ...defaultMapping, desktop: 'desktop' },
    { ...defaultMapping, extra: [] },
  ]) {
    expect(LabelMapping.safeParse(wrong).success).toBe(false)
  }
})

test('Prometheus’ Watchdog is a sign of life', () => {
  expect(isWatchdog({ alertname: 'Watchdog' })).toBe(true)
  expect(isWatchdog({ alertname: 'WatchdogDown' })).toBe(false)
})
