/** A client like any other: nothing is rendered on the server. */
export const ssr = false
export const prerender = false
