/** What is offered, said here so that no page loads the schemas of the room: the types keep it in step with them. */
import type { Channel, ChannelRule, OwnChannel } from '#contract/notifications'

export const channels: readonly Channel[] = ['push', 'email', 'webhook']
export const ownChannels: readonly OwnChannel[] = ['push', 'email']
export const chosenKinds = ['mention', 'hand-over', 'escalation', 'on-call'] as const satisfies ChannelRule['kinds']
