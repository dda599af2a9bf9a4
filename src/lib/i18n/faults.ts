import { faultTexts } from '#machine/inventory'
import { catalogue } from './catalogue.ts'
import { say } from './words.ts'

/** What a person can do about each way in which an act of a provider or a work order ends badly. */
const en = {
  'provider.not-offered': 'Use a desktop of a provider that does it.',
  'provider.unavailable':
    'It is started again by itself; execute again when it answers. If it stays away, see its log.',
  'provider.unknown-desktop': 'Its disk is gone: delete the desktop here, or bring its files back.',
  'provider.unknown-snapshot': 'It was removed outside: delete the snapshot here.',
  'provider.unknown-image': 'Choose an image that the provider has.',
  'provider.exists': 'Choose another name, or remove what stands there.',
  'provider.invalid': 'Choose another name or size.',
  'provider.busy': 'Wait until the other act is done, then execute again.',
  'provider.state': 'Power the desktop on or off as the act needs it, then execute again.',
  'provider.cancelled': 'Nothing was left half-made. Execute again if it is still wanted.',
  'provider.timeout': 'What was begun is taken back. Look whether storage and host are overloaded, then execute again.',
  'provider.unknown-outcome': 'Look at the desktop first, then execute again: what was done is not done twice.',
  'provider.fault': 'Read its own words in the log; execute again when the cause is gone.',
  'disk.no-space': 'Free space on the storage or delete snapshots, then execute again.',
  'disk.corrupt': 'Restore an earlier snapshot, or make the desktop anew. Do not take snapshots of it.',
  'disk.locked': 'Power the machine off that holds it, then execute again.',
  'disk.foreign': 'Upload an image that stands alone.',
  'guest.ignored-acpi': 'Power it off by force: what it has not written is lost.',
  'guest.no-boot': 'Look at its screenshot; restore a snapshot that started.',
  'guest.died': 'Power it on again; if it ends again, look at its log and its screenshot.',
  interrupted: 'It goes on by itself; after three ends it fails: then look at the worker and execute again.',
  drained: 'Nothing to do: it goes on at another worker.',
  'no-progress': 'Look whether storage and host still answer, then execute again.',
  timeout: 'Look whether storage and host are overloaded, then execute again.',
  cancelled: 'Nothing was left half-made. Ask for it again if it is still wanted.',
  'subject.gone': 'Nothing to do: what it was for is no longer there.',
  'subject.taken': 'Wait until nothing else is done with it, then ask again.',
  'child.failed': 'Read what the program said in the log, then execute again.',
  fault: 'Read the log; if it happens again, ask the platform’s administrator.',
}
const zh: Record<keyof typeof en, string> = {
  'provider.not-offered': '请改用支持该操作的平台上的桌面。',
  'provider.unavailable': '进程会自动重启，恢复后请重新执行；若一直无应答，请查看其日志。',
  'provider.unknown-desktop': '其磁盘已不存在：请在此删除该桌面，或找回磁盘文件。',
  'provider.unknown-snapshot': '快照已在外部被删除，请在此删除该快照。',
  'provider.unknown-image': '请选择平台上已有的镜像。',
  'provider.exists': '请换一个名称，或先移除已有对象。',
  'provider.invalid': '请更换名称或大小。',
  'provider.busy': '请等待另一项操作结束后重新执行。',
  'provider.state': '请按操作要求开机或关机，然后重新执行。',
  'provider.cancelled': '没有留下半成品；如仍需要，请重新执行。',
  'provider.timeout': '已开始的部分会撤回。请检查存储和物理机是否过载，然后重新执行。',
  'provider.unknown-outcome': '请先查看桌面状态再重新执行，已完成的部分不会重复。',
  'provider.fault': '请查看日志中的原因，排除后重新执行。',
  'disk.no-space': '请释放存储空间或删除快照，然后重新执行。',
  'disk.corrupt': '请恢复较早的快照或重建桌面，不要再为其创建快照。',
  'disk.locked': '请先关闭占用该磁盘的虚拟机，然后重新执行。',
  'disk.foreign': '请上传不引用其他文件的独立镜像。',
  'guest.ignored-acpi': '可强制关机，未写入磁盘的内容会丢失。',
  'guest.no-boot': '请查看桌面截图，并恢复能正常启动的快照。',
  'guest.died': '请重新开机；若再次退出，请查看日志和截图。',
  interrupted: '会自动继续；连续三次中断后判为失败，请检查执行进程后重新执行。',
  drained: '无需处理，将由其他执行进程继续。',
  'no-progress': '请检查存储和物理机是否有应答，然后重新执行。',
  timeout: '请检查存储和物理机是否过载，然后重新执行。',
  cancelled: '没有留下半成品；如仍需要，请重新提交。',
  'subject.gone': '无需处理，操作对象已不存在。',
  'subject.taken': '请等待该对象的其他操作结束后再次提交。',
  'child.failed': '请查看日志中程序的输出，然后重新执行。',
  fault: '请查看日志；若再次出现，请联系平台管理员。',
}
export const remedies = { en, zh }
const remedy = catalogue(en, zh)
const known = (code: string): code is keyof typeof en => code in en

/** What happened; null: nobody foresaw it, and its own message has to do. */
export function faultWord(code: string): string | null {
  const words = faultTexts[code]
  return words ? say(words) : null
}
export const faultRemedy = (code: string): string | null => (known(code) ? remedy(code) : null)
