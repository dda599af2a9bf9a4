/** `npm run agent`: makes this machine a desktop, or with `--host NAME` a host of desktops. */
const asHost = process.argv.some((word) => /^--host(=|$)/.test(word))
await (asHost ? import('./host.ts') : import('./desktop.ts'))
export {}
