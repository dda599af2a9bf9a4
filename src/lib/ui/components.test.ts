import { fireEvent, render, screen } from '@testing-library/svelte'
import { createRawSnippet } from 'svelte'
import { beforeEach, expect, it, vi } from 'vitest'
import { locale } from '../i18n/locale.svelte.ts'
import Gate from '../lists/Gate.svelte'
import Button from './Button.svelte'
import LiveBadge from './LiveBadge.svelte'
import SeverityMark from './SeverityMark.svelte'

const words = (text: string) => createRawSnippet(() => ({ render: () => `<span>${text}</span>` }))
beforeEach(() => locale.set('en', false))

it('a disabled act says why and does nothing', async () => {
  const onclick = vi.fn()
  render(Button, { reason: 'Your role may look, not act', onclick, children: words('Acknowledge') })
  const button = screen.getByRole('button', { name: 'Acknowledge' })
  await fireEvent.click(button)
  expect(onclick).not.toHaveBeenCalled()
  expect(button.title).toBe('Your role may look, not act')
  expect(button.getAttribute('aria-disabled')).toBe('true')
})

const calm = {
  left: 0,
  frozen: false,
  liveness: { kind: 'live', latency: 38 } as const,
  changedAt: null,
  onshow: () => undefined,
  onreconnect: () => undefined,
}

it('the gate says how many wait and what they are', async () => {
  const onshow = vi.fn()
  render(Gate, { ...calm, waiting: { total: 3 }, left: 1, mix: words('2 low'), onshow })
  await fireEvent.click(screen.getByRole('button', { name: '3 new' }))
  expect(onshow).toHaveBeenCalledOnce()
  expect(screen.getByText('2 low')).toBeTruthy()
  expect(screen.getByText('1 moved out')).toBeTruthy()
})

it('the gate is there with nothing new, so its coming moves no row', () => {
  render(Gate, { ...calm, waiting: {} })
  expect(screen.getByText('Up to date')).toBeTruthy()
})

it('a cut line is said in the place of the gate, with a way to reconnect', async () => {
  const onreconnect = vi.fn()
  render(Gate, { ...calm, waiting: {}, liveness: { kind: 'offline', since: 0, forMs: 48_000 }, onreconnect })
  await fireEvent.click(screen.getByRole('button', { name: 'Reconnect now' }))
  expect(onreconnect).toHaveBeenCalledOnce()
})

it('the badge names each state of the feed', () => {
  const { container, rerender } = render(LiveBadge, { state: { kind: 'live', latency: 38 } })
  expect(container.textContent).toContain('Live38 ms')
  void rerender({ state: { kind: 'offline', since: 0, forMs: 48_000 } })
  locale.set('zh-CN', false)
  const zh = render(LiveBadge, { state: { kind: 'catching-up', missing: 312 } })
  expect(zh.container.textContent).toContain('补齐中 312')
})

it('a shape without its word has an accessible name', () => {
  render(SeverityMark, { severity: 'high', label: 'High' })
  expect(screen.getByRole('img', { name: 'High' })).toBeTruthy()
})
