import { desktopCreate } from '../../../server/features/inventory/orders/desktop-create.ts'
import { codeOf } from '../../../server/fleet/patient.ts'
import { provided } from '../../provided.ts'
import { defineWork } from '../../steps.ts'

export default defineWork(desktopCreate, {
  async create(run) {
    const { desktop, name, provider, make } = run.input
    const at = run.provider(provider)
    const spec = { ...make, tenant: run.order.tenant, name, network: make.network ?? '', policy: make.policy ?? '' }
    try {
      const { host, power } = await provided(run, 'create', (long) => at.create(spec, long))
      return { host, power }
    } catch (error) {
      // The name is ours alone: what an earlier attempt made and could not tell is this very desktop.
      if (codeOf(error) !== 'provider.exists' || run.order.attempt === 1) throw error
      run.log(`${desktop} stands already, from an earlier attempt`)
      const { host, power } = await at.probe(desktop)
      return { host, power }
    }
  },
})
