import { expect, test } from 'vitest'
import { crossSiteRefusal, originAllowed } from './origin.ts'

const host = 'desk.example.com'
const json = { 'content-type': 'application/json', 'content-length': '2' }

test('the configured origin and the very host that was asked may send requests, nobody else', () => {
  expect(originAllowed({ host, origin: 'http://desk.example.com' }, undefined)).toBe(true)
  expect(originAllowed({ host: '10.0.0.5:3000', origin: 'https://desk.example.com' }, 'https://desk.example.com')).toBe(
    true,
  )
  expect(originAllowed({ host, origin: 'https://evil.example.com' }, 'https://desk.example.com')).toBe(false)
  expect(originAllowed({ host, origin: 'null' }, undefined)).toBe(false)
  expect(originAllowed({ host, origin: 'http://desk.example.com:8080' }, undefined)).toBe(false)
})

test('a request without an Origin is no page of another site', () => {
  expect(originAllowed({ host }, 'https://desk.example.com')).toBe(true)
})

test('an act with a cookie from another site is refused, also when the browser only tells Sec-Fetch-Site', () => {
  const cookie = 'dw_session=acme.x'
  expect(
    crossSiteRefusal('POST', { host, cookie, origin: 'https://evil.example.com', ...json }, undefined)?.refused,
  ).toBe('request.origin')
  expect(crossSiteRefusal('POST', { host, cookie, 'sec-fetch-site': 'cross-site', ...json }, undefined)?.refused).toBe(
    'request.origin',
  )
  expect(crossSiteRefusal('POST', { host, cookie, 'sec-fetch-site': 'same-site', ...json }, undefined)?.refused).toBe(
    'request.origin',
  )
  expect(crossSiteRefusal('POST', { host, cookie, 'sec-fetch-site': 'same-origin', ...json }, undefined)).toBeNull()
})

test('what a form can send is not taken with a cookie; a bearer token needs no such check', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '3' }
  expect(crossSiteRefusal('POST', { host, cookie: 'dw_session=acme.x', ...form }, undefined)?.refused).toBe(
    'request.media-type',
  )
  expect(crossSiteRefusal('POST', { host, authorization: 'Bearer dwt_acme_x', ...form }, undefined)).toBeNull()
  expect(crossSiteRefusal('GET', { host, cookie: 'dw_session=acme.x' }, undefined)).toBeNull()
})
