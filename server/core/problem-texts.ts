/** The sentence of each error code in both languages; {name} is filled from the refusal's params. */
import type { ErrorCode } from '#wire'

export const problemTexts: Record<ErrorCode, { 'zh-CN': string; en: string }> = {
  'request.malformed': { 'zh-CN': '请求内容不是有效的 JSON', en: 'The body is not valid JSON' },
  'request.invalid': { 'zh-CN': '请求中有字段不符合要求', en: 'Some fields are not as they must be' },
  'request.too-large': { 'zh-CN': '请求内容过大', en: 'The body is too large' },
  'request.media-type': { 'zh-CN': '只接受 application/json', en: 'Only application/json is accepted' },
  'request.origin': { 'zh-CN': '不允许从该来源发起请求', en: 'Requests from this origin are not allowed' },
  'request.not-found': { 'zh-CN': '找不到该对象', en: 'There is no such thing here' },
  'request.method': { 'zh-CN': '该地址不支持此方法', en: 'This address does not take this method' },
  'auth.required': { 'zh-CN': '请先登录', en: 'Please sign in first' },
  'auth.failed': { 'zh-CN': '账号或密码不正确', en: 'Username or password is not right' },
  'auth.locked': { 'zh-CN': '尝试次数过多，请稍后再试', en: 'Too many attempts, please try again later' },
  'auth.second-factor': { 'zh-CN': '请输入动态验证码', en: 'A code of the second factor is needed' },
  'auth.enrolment-required': { 'zh-CN': '请先启用双重验证', en: 'Please set up the second factor first' },
  'auth.forbidden': { 'zh-CN': '您的角色没有此权限', en: 'Your role does not allow this' },
  'auth.other-operator': {
    'zh-CN': '该操作由另一位操作员决定，未执行',
    en: 'Another operator decided this act; it was not done',
  },
  'rate.limited': { 'zh-CN': '请求过于频繁，请稍后再试', en: 'Too many requests, please try again later' },
  'idempotency.mismatch': {
    'zh-CN': '同一幂等键已用于不同的请求',
    en: 'This idempotency key was used for a different request',
  },
  'version.conflict': { 'zh-CN': '该对象已被他人修改', en: 'It was changed by somebody else meanwhile' },
  'state.conflict': { 'zh-CN': '当前状态【{state}】不允许此操作', en: 'Its state {state} does not allow this' },
  'claim.taken': { 'zh-CN': '已由 {by} 于 {since} 认领', en: 'Claimed by {by} at {since}' },
  'display.link': {
    'zh-CN': '此大屏链接无效、已使用或已作废，请向管理员索取新链接',
    en: 'This display link is wrong, used up or withdrawn: ask an administrator for a new one',
  },
  'display.signed-in': {
    'zh-CN': '此浏览器已由 {name} 登录',
    en: 'In this browser {name} is signed in',
  },
  'limit.reached': { 'zh-CN': '已达到上限（{most}）', en: 'The limit of {most} is reached' },
  'selection.too-large': {
    'zh-CN': '筛选结果共 {count} 条，超过一次可操作的 {most} 条',
    en: 'The filter matches {count}, more than the {most} that one act takes',
  },
  'name.taken': { 'zh-CN': '名称已被使用', en: 'The name is taken' },
  'desktop.state': {
    'zh-CN': '桌面状态为【{stateName}】，仅【{allowedNames}】的桌面可执行此操作',
    en: 'The desktop is {stateName}: this can be done with one that is {allowedNames}',
  },
  'desktop.busy': {
    'zh-CN': '工单 {number} 正在使用该桌面，请等待其结束或将其取消',
    en: 'Work order {number} has the desktop: wait until it ends, or cancel it',
  },
  'desktop.not-asked': {
    'zh-CN': '请先正常关机，系统在宽限时间内无响应后才能强制关机',
    en: 'Power it off in the usual way first: force is for one that did not listen within its grace',
  },
  'desktop.has-snapshots': {
    'zh-CN': '该桌面有 {count} 个快照，请先删除快照',
    en: 'The desktop has {count} snapshots: delete them first',
  },
  'snapshot.state': {
    'zh-CN': '快照状态为【{stateName}】，不可执行此操作',
    en: 'The snapshot is {stateName}: this cannot be done with it',
  },
  'snapshot.has-image': {
    'zh-CN': '快照已生成镜像，不允许删除',
    en: 'An image was made from this snapshot: it cannot be deleted',
  },
  'provider.not-offered': {
    'zh-CN': '该桌面所在的平台不支持此操作',
    en: 'The provider of this desktop does not do that',
  },
  'provider.refused': {
    'zh-CN': '桌面所在的平台拒绝了：{reason}',
    en: 'The provider of the desktop refused: {reason}',
  },
  'provider.unavailable': {
    'zh-CN': '桌面所在的平台暂无应答，请稍后重试',
    en: 'The provider of the desktop does not answer right now, please repeat in a moment',
  },
  'work-order.state': {
    'zh-CN': '任务工单施工结果为【{stateName}】，不可进行操作',
    en: 'The work order is {stateName}: this cannot be done with it',
  },
  'work-order.batch': {
    'zh-CN': '存在"{stateName}"的工单，不允许执行【批量{verbName}】操作',
    en: 'Among them is a work order that is "{stateName}": batch {verbName} is not allowed',
  },
  'work-order.held': {
    'zh-CN': '其他人正在对其中的工单执行批量操作，请稍后重试',
    en: 'Somebody else is acting on some of these work orders, please repeat in a moment',
  },
  'intake.overloaded': { 'zh-CN': '接收繁忙，请稍后重试', en: 'Intake is full, please repeat in a moment' },
  'store.unavailable': {
    'zh-CN': '存储暂不可用，请稍后重试',
    en: 'The store is not reachable right now, please repeat in a moment',
  },
  'server.draining': { 'zh-CN': '服务正在重启，请稍后重试', en: 'The server is restarting, please repeat in a moment' },
  'server.fault': {
    'zh-CN': '服务内部错误，请凭追踪号联系管理员',
    en: 'Something failed inside; quote the trace to your administrator',
  },
}
