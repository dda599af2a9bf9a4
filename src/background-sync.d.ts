/** The Background Sync API, which TypeScript's own types leave out: not every browser has it. */
interface SyncManager {
  register: (tag: string) => Promise<void>
}
interface ServiceWorkerRegistration {
  readonly sync?: SyncManager
}
interface SyncEvent extends ExtendableEvent {
  readonly tag: string
}
interface ServiceWorkerGlobalScopeEventMap {
  sync: SyncEvent
}
