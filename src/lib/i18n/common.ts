import type { ErrorCode } from '#wire'
import { catalogue } from './catalogue.ts'

/** Words every page uses. */
export const common = catalogue(
  {
    cancel: 'Cancel',
    close: 'Close',
    retry: 'Retry',
    loading: 'Loading',
    dismiss: 'Dismiss',
    understood: 'Got it',
    undo: 'Undo',
    more: 'More',
    clear: 'Clear',
    apply: 'Apply',
    remove: 'Remove {name}',
    trace: 'trace {trace}',
    reconnect: 'Reconnect now',
    none: 'none',
    back: 'Back',
    search: 'Search',
    copied: 'Copied',
    copyLink: 'Copy link',
  },
  {
    cancel: '取消',
    close: '关闭',
    retry: '重试',
    loading: '加载中',
    dismiss: '关闭提示',
    understood: '知道了',
    undo: '撤回',
    more: '更多',
    clear: '清除',
    apply: '应用',
    remove: '去掉{name}',
    trace: '追踪 {trace}',
    reconnect: '立即重连',
    none: '无',
    back: '返回',
    search: '搜索',
    copied: '已复制',
    copyLink: '复制链接',
  },
)

/** A sentence for each code the server may answer, and for what only the browser can know. */
type ClientCode = 'network.unreachable' | 'network.late' | 'network.unexpected'
const en: Record<ErrorCode | ClientCode, string> = {
  'request.malformed': 'The request could not be read. Reload the page and try again.',
  'request.invalid': 'A field is not as it should be.',
  'request.too-large': 'This is too large to send.',
  'request.media-type': 'This kind of content is not accepted.',
  'request.origin': 'The request came from another site and was refused.',
  'request.not-found': 'This does not exist, or no longer.',
  'request.method': 'This is not possible here.',
  'auth.required': 'Please sign in.',
  'auth.failed': 'User name or password is not right.',
  'auth.locked': 'Too many attempts. Wait a few minutes, then try again.',
  'auth.second-factor': 'Enter the six digits from your authenticator.',
  'auth.enrolment-required': 'Set up your second factor first.',
  'auth.forbidden': 'Your role does not allow this.',
  'rate.limited': 'Too many requests. Wait a moment, then try again.',
  'idempotency.mismatch': 'This act was already sent with other content.',
  'version.conflict': 'It was changed meanwhile; you see the current state now.',
  'state.conflict': 'Its state does not allow this any more.',
  'name.taken': 'This name is taken.',
  'claim.taken': '{by} has claimed it already.',
  'limit.reached': 'There are {most} already, that is the most.',
  'selection.too-large': 'The filter matches {count}, one act takes {most}: narrow it down.',
  'desktop.state': '{detail}',
  'desktop.busy': '{detail}',
  'desktop.not-asked': '{detail}',
  'desktop.has-snapshots': '{detail}',
  'snapshot.state': '{detail}',
  'snapshot.has-image': '{detail}',
  'provider.not-offered': '{detail}',
  'provider.refused': '{detail}',
  'provider.unavailable': '{detail}',
  'work-order.state': '{detail}',
  'work-order.batch': '{detail}',
  'work-order.held': '{detail}',
  'intake.overloaded': 'The server is busy taking in reports. It asks to wait a moment.',
  'store.unavailable': 'The database does not answer right now. Nothing was changed.',
  'server.draining': 'This server is restarting. The next one takes over in a moment.',
  'server.fault': 'The server failed at this. It is logged under the trace.',
  'network.unreachable': 'The server cannot be reached.',
  'network.late': 'Done, but the list has not shown it yet. It follows when the connection is back.',
  'network.unexpected': 'The server answered something this page does not understand. Reload it.',
}
const zh: Record<ErrorCode | ClientCode, string> = {
  'request.malformed': '请求无法读取，请刷新页面后再试。',
  'request.invalid': '有一项内容不符合要求。',
  'request.too-large': '内容过大，无法发送。',
  'request.media-type': '不接受这种内容类型。',
  'request.origin': '请求来自其他站点，已被拒绝。',
  'request.not-found': '对象不存在，或已被删除。',
  'request.method': '这里不支持该操作。',
  'auth.required': '请先登录。',
  'auth.failed': '用户名或密码不正确。',
  'auth.locked': '尝试次数过多，请过几分钟再试。',
  'auth.second-factor': '请输入验证器中的 6 位数字。',
  'auth.enrolment-required': '请先设置第二验证。',
  'auth.forbidden': '你的角色不能执行此操作。',
  'rate.limited': '请求过于频繁，请稍候再试。',
  'idempotency.mismatch': '该操作已以其他内容发送过。',
  'version.conflict': '对象已被他人修改，现在显示的是最新状态。',
  'state.conflict': '当前状态已不允许此操作。',
  'name.taken': '名称已被占用。',
  'claim.taken': '已被 {by} 认领。',
  'limit.reached': '已达到上限（{most}）。',
  'selection.too-large': '筛选结果 {count} 条，一次最多操作 {most} 条，请缩小范围。',
  'desktop.state': '{detail}',
  'desktop.busy': '{detail}',
  'desktop.not-asked': '{detail}',
  'desktop.has-snapshots': '{detail}',
  'snapshot.state': '{detail}',
  'snapshot.has-image': '{detail}',
  'provider.not-offered': '{detail}',
  'provider.refused': '{detail}',
  'provider.unavailable': '{detail}',
  'work-order.state': '{detail}',
  'work-order.batch': '{detail}',
  'work-order.held': '{detail}',
  'intake.overloaded': '服务器正忙于接收上报，请稍候。',
  'store.unavailable': '数据库暂时没有应答，未做任何修改。',
  'server.draining': '服务器正在重启，稍候由另一台接管。',
  'server.fault': '服务器处理失败，已按追踪号记录。',
  'network.unreachable': '连接不到服务器。',
  'network.late': '已生效，但列表尚未显示，连接恢复后会跟上。',
  'network.unexpected': '服务器的应答无法识别，请刷新页面。',
}
export const problemTexts = { en, zh }
const translated = catalogue(en, zh)
const known = (code: string): code is ErrorCode | ClientCode => code in en

/** A refusal in the person's language; a code newer than this page falls back to the server's own words. */
export const problemText = (problem: { code: string; detail: string; params?: Record<string, unknown> | undefined }) =>
  known(problem.code)
    ? translated(problem.code, { ...sayable(problem.params), detail: problem.detail })
    : problem.detail

const sayable = (params: Record<string, unknown> = {}) =>
  Object.fromEntries(
    Object.entries(params).filter(
      (pair): pair is [string, string | number] => typeof pair[1] === 'string' || typeof pair[1] === 'number',
    ),
  )
