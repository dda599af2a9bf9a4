/**
 * Each rule broken on purpose in the rig. The table in docs/sync.md is printed by the test that runs them. Where the
 * rule needs a rare moment, the faults that lead to it are drawn more often; whole rules must hold under them as well.
 */
export interface Mutation {
  name: string
  what: string
  faults?: readonly string[]
}

export const mutations: readonly Mutation[] = [
  {
    name: 'S1 answer before the record',
    what: 'a batch is answered 2xx before its journal record is written',
    faults: ['node: killed'],
  },
  { name: 'S1 unknown is accepted', what: 'a journal insert whose answer was lost counts as done' },
  { name: 'S2 unknown is success', what: 'a document write whose answer was lost counts as done' },
  { name: 'S2 no compare', what: 'documents are written without looking at v' },
  { name: 'S2 acts not remembered', what: 'redo and repeats do not look for the act in the document' },
  { name: 'S2 done before published', what: 'a record is marked done before its documents are in the log' },
  { name: 'S2 published once', what: 'an entry whose append failed is not appended again' },
  { name: 'S2 no redo', what: 'nobody redoes what a dead node left open' },
  {
    name: 'S2 decided again after its outcome',
    what: 'redo decides acts again whose outcome is stored',
    faults: ['node: stopped', 'database: out'],
  },
  { name: 'S3 no hold', what: 'an all-or-nothing act flips document by document' },
  { name: 'S4 no high-water mark', what: 'a batch is counted again when its write is repeated' },
  { name: 'S5 view before acknowledged', what: 'a view takes a document before the database has' },
  { name: 'S6 gap ignored', what: 'a hole in the log is skipped', faults: ['redis: log trimmed', 'node: stopped'] },
  { name: 'S6 restart keeps the epoch', what: 'a restarted Redis goes on in the old epoch' },
  { name: 'S6 lost key unnoticed', what: 'an emptied Redis is not noticed while idle', faults: ['redis: flushed'] },
  { name: 'S6 no reload', what: 'views are not loaded again in a new epoch' },
  { name: 'S6 epoch not compared', what: 'a client takes frames of another epoch' },
  { name: 'S7 later entry wins', what: 'neither view nor compaction holds a late entry against the greater v' },
  {
    name: 'S7 entry not held against the view',
    what: 'a late entry is sent although the view knows better',
    faults: ['redis: flushed', 'node: cut off from redis'],
  },
  { name: 'S8 counter not compared', what: 'a hole in the last values goes unseen' },
  { name: 'S9 frames without a true p', what: 'frames do not say where they begin' },
  { name: 'S9 no mask', what: 'a room of masked readers gets whole rows' },
  { name: 'S10 room named by the client', what: 'the client says which room it is in' },
  { name: 'S11 delta beyond the horizon', what: 'a cursor before the horizon is answered with a delta' },
  { name: 'S11 join after the answer', what: 'a socket joins its room a moment after its answer' },
  {
    name: 'S11 cut without the delta since',
    what: 'a shared cut is answered as if it were of now',
    faults: ['redis: flushed', 'socket: closed'],
  },
  {
    name: 'S11 node behind answers',
    what: 'a node behind the client’s cursor answers with the past',
    faults: ['node: cut off from redis', 'socket: closed'],
  },
  { name: 'S12 gap applied', what: 'a frame beyond a hole is applied' },
  {
    name: 'S12 versions not compared',
    what: 'a row is painted whatever its v',
    faults: ['node: cut off from redis', 'socket: closed'],
  },
  { name: 'S12 nothing swept', what: 'rows a snapshot does not know stay' },
  { name: 'S13 heads not compared', what: 'a lost last frame goes unseen' },
  {
    name: 'S13 heartbeat before the frames',
    what: 'a heartbeat overtakes rows that wait for their pace',
    faults: ['node: cut off from redis', 'redis: frozen'],
  },
  { name: 'S13 live while connected', what: 'the badge says LIVE while the socket is open' },
  { name: 'S13 lag not counted', what: 'the badge counts the heartbeat’s age only' },
  {
    name: 'S13 other nodes not counted',
    what: 'a node does not count what others may have left unpublished',
    faults: ['node: cut off from redis', 'node: killed'],
  },
  {
    name: 'S13 transit not counted',
    what: 'a heartbeat counts from when it is received',
    faults: ['socket: slow reader'],
  },
  { name: 'S14 released by the answer', what: 'a control is released by the HTTP answer' },
  { name: 'S15 rooms not left', what: 'a change of role leaves the socket in its room' },
  {
    name: 'S15 no check after a stall',
    what: 'a node that was stopped goes on with its sockets',
    faults: ['role: changed', 'node: stopped'],
  },
  {
    name: 'S15 rows of another room stay',
    what: 'rows of the former room stay on the screen',
    faults: ['role: changed', 'socket: goes half-open'],
  },
  {
    name: 'S16 rows to a slow socket',
    what: 'a socket that does not drain gets rows all the same',
    faults: ['socket: slow reader'],
  },
  { name: 'S16 rows withheld unnoticed', what: 'frames after a withheld one do not show the hole' },
]
