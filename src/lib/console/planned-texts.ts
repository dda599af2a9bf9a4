import { catalogue } from '../i18n/catalogue.ts'

/** For systems that are not there yet: what they will do, and what works meanwhile. */
export const plannedText = catalogue(
  {
    'overview.will':
      'One row for each of the nine systems: its total, its make-up, what matters most, and the last 24 hours; above them what needs a person now.',
    'overview.meanwhile':
      'The alarm log orders by severity and then by waiting, so its first rows are what needs a person now. The NOC wall shows counts and the 24-hour trend.',
    'signals.will':
      'Send a command to one desktop or ten thousand, see each target’s state while it runs, with approval by a second person where it matters.',
    'signals.meanwhile': 'Agents already connect and report. Alarms show which desktop needs a command.',
    'images.will': 'Make, check, verify and share desktop images, with resumable transfer to other places.',
    'images.meanwhile': 'Desktops, pools and hosts can be read and changed through the API.',
    'templates.will':
      'Combine image, size, policy and network into what new desktops are made from, and reinstall those that exist.',
    'templates.meanwhile': 'Policies and networks can be read and changed through the API.',
    'image-desktops.will': 'Desktops that exist to make images: create, power, detect, and turn into an image.',
    'image-desktops.meanwhile': 'Desktops, pools and hosts can be read and changed through the API.',
    'certificates.will':
      'Issue, renew and revoke the certificates of gateways and desktops, and warn before they expire.',
    'certificates.meanwhile': 'Expiry reported by Prometheus already raises alarms here.',
    'licences.will': 'Import licences, see what is used and how long they last, and be warned in time.',
    'licences.meanwhile': 'Nothing here is limited by a licence yet.',
    'reports.will': 'Files for the routing platform, made and sent on schedule, each delivery shown and repeatable.',
    'reports.meanwhile': 'Alarms and inventory can be read page by page through the API.',
  },
  {
    'overview.will': '九个系统各占一行：总数、构成、最要紧的事和 24 小时走势，上方列出此刻需要人处理的事项。',
    'overview.meanwhile': '告警日志按级别和等待时间排序，最前面的就是此刻需要处理的；值守大屏显示计数和 24 小时走势。',
    'signals.will': '向一台或上万台桌面下发信令，逐目标查看执行状态；敏感信令需第二人审批。',
    'signals.meanwhile': '桌面代理已可连接并上报，告警会指出哪台桌面需要处理。',
    'images.will': '制作、检测、验证、共享桌面镜像，并可断点续传到其他位置。',
    'images.meanwhile': '桌面、桌面池和物理机可通过接口查询和修改。',
    'templates.will': '把镜像、规格、策略和网络组合成新建桌面的模板，也可批量重装。',
    'templates.meanwhile': '策略和网络可通过接口查询和修改。',
    'image-desktops.will': '用于制作镜像的桌面：创建、开关机、检测并生成镜像。',
    'image-desktops.meanwhile': '桌面、桌面池和物理机可通过接口查询和修改。',
    'certificates.will': '签发、续期、吊销网关与桌面证书，并在到期前提醒。',
    'certificates.meanwhile': '由 Prometheus 报告的到期事件已可在此告警。',
    'licences.will': '导入 License，查看用量与可用时长，并及时提醒。',
    'licences.meanwhile': '目前没有功能受 License 限制。',
    'reports.will': '按计划生成并上报数据文件，每次上报可见、可重传。',
    'reports.meanwhile': '告警和资产可通过接口分页读取。',
  },
)
