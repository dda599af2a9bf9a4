// Before the first paint: the operator's theme, density and language, so that nothing flashes.
;(() => {
  const root = document.documentElement
  let kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('deskwatch') || '{}')
  } catch {
    kept = {}
  }
  const asked = new URLSearchParams(location.search).get('lang')
  const light = kept.theme === 'light' || (kept.theme !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches)
  root.dataset.theme = light && !location.pathname.startsWith('/wall') ? 'light' : 'dark'
  root.dataset.density = kept.density || 'normal'
  const spoken = asked || kept.language || navigator.language
  root.lang = spoken.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
})()
