/** The providers of this installation, as servers and workers reach them. */
import { resolve } from 'node:path'
import { ProviderError, type ProviderName } from '../provider.ts'
import { remoteProvider, type RemoteOptions, type RemoteProvider } from './remote.ts'
import { socketOf } from './wire.ts'

export interface Providers {
  /** `agent` desktops have none. A process that is not there shows in its calls: `provider.unavailable`. */
  of: (provider: string) => RemoteProvider
  close: () => void
}

export function openProviders(dataDir: string, options: RemoteOptions = {}): Providers {
  const names: readonly ProviderName[] = ['qemu', 'simulated']
  const one = (name: ProviderName) => remoteProvider(name, socketOf(resolve(dataDir), name), options)
  const all = new Map<string, RemoteProvider>(names.map((name) => [name, one(name)]))
  return {
    of(provider) {
      const found = all.get(provider)
      if (!found) throw new ProviderError('provider.not-offered', `no provider holds desktops of kind ${provider}`)
      return found
    },
    close: () => {
      for (const one of all.values()) one.close()
    },
  }
}
