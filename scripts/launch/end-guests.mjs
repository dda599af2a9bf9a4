import { endGuests } from './guests.mjs'

/** `node scripts/launch/end-guests.mjs <data folder>`: pulls the plugs of all real desktops that run from it. */
await endGuests(process.argv[2] ?? '')
