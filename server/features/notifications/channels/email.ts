/** E-mail through the installation's mail server; that server is the administrator's word, not a tenant's. */
import { createTransport, type Transporter } from 'nodemailer'
import type { Core } from '../../../core/core.ts'
import { OperatorDocs } from '../../../core/tenants.ts'
import { MailDocs, mailId, PreferencesDocs, preferencesId } from '../model.ts'
import type { Outcome, Sender } from '../outbox.ts'
import { inWords } from '../wording.ts'
import { gone } from './answers.ts'

const timeoutMs = 10_000

export function emailSender(core: Core): Sender {
  const { SMTP_URL, SMTP_FROM, PUBLIC_ORIGIN } = core.config
  let transport: Transporter | undefined
  return async ({ _id, tenant, target, message }) => {
    if (!SMTP_URL) return { sent: false, reason: 'smtp.off', final: true }
    const address = core.views.get(PreferencesDocs, preferencesId(target))?.address
    const operator = core.views.get(OperatorDocs, target)
    if (!address || !operator || operator.gone || operator.disabled) return gone
    const { title, body } = inWords(message, operator.language ?? 'zh-CN')
    const link = message.link && PUBLIC_ORIGIN ? new URL(message.link, PUBLIC_ORIGIN).href : ''
    transport ??= open(SMTP_URL)
    try {
      await transport.sendMail({
        from: core.views.get(MailDocs, mailId(tenant))?.from ?? SMTP_FROM,
        to: { name: operator.name, address },
        subject: title,
        text: [body, link].filter(Boolean).join('\n\n'),
        // The same for every attempt, so that a mailbox can tell a repetition.
        messageId: `<${_id.replaceAll(':', '.')}@deskwatch>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Deskwatch-Delivery': _id },
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      return { sent: true }
    } catch (error) {
      return refusalOf(error)
    }
  }
}

const open = (url: string) =>
  createTransport({ url, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs })

/** A 5xx of the mail server is its last word on this message. */
function refusalOf(error: unknown): Outcome {
  const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  const said = error instanceof Error ? error.message : String(error)
  return { sent: false, reason: code ? `smtp.${code}: ${said}` : `network: ${said}`, final: code >= 500 }
}
