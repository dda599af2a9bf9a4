/** Operations as data: a command or query says route, input, output and right once; the door and OpenAPI read it. */
import type { CommandDef, Operation, QueryDef } from './feature.ts'
import { must } from './must.ts'
import { fieldErrors } from './problems.ts'

/** An act (POST, DELETE): journalled, audited, idempotent. */
export function defineCommand<I, O>(command: Omit<CommandDef<I, O>, 'kind'>): Operation {
  return {
    ...toOperation({ kind: 'command', ...command }),
    creates: command.creates ?? false,
    once: command.once ?? [],
    errors: command.errors ?? [],
  }
}

/** A reading (GET): from hot views or an indexed history; changes nothing. */
export function defineQuery<I, O>(query: Omit<QueryDef<I, O>, 'kind'>): Operation {
  return toOperation({ kind: 'query', ...query })
}

const methods = ['get', 'post', 'delete', 'patch', 'put'] as const

function toOperation<I, O>(definition: CommandDef<I, O> | QueryDef<I, O>): Operation {
  const [verb = '', path = ''] = definition.route.split(' ')
  const { kind, summary, input, output, permission } = definition
  const secret: readonly string[] = 'secret' in definition ? (definition.secret ?? []) : []
  return {
    kind,
    method: must(
      methods.find((method) => method === verb.toLowerCase()),
      `a route begins with a method: ${definition.route}`,
    ),
    path,
    summary,
    input,
    output,
    permission,
    creates: false,
    once: [],
    prepare(raw) {
      const parsed = input.safeParse(raw)
      if (!parsed.success) return { errors: fieldErrors(parsed.error.issues) }
      return { run: async (ctx) => definition.run(ctx, parsed.data), stored: secret.length ? null : raw }
    },
  }
}
