// Light, dark, or whatever the system says. The choice is a convenience, so storage may fail silently.

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'assay.theme'
const ORDER: Theme[] = ['system', 'light', 'dark']

export function loadTheme(): Theme {
  try {
    const saved = localStorage.getItem(KEY)
    return saved === 'light' || saved === 'dark' ? saved : 'system'
  } catch {
    return 'system'
  }
}

const systemDark = matchMedia('(prefers-color-scheme: dark)')
let chosen: Theme = 'system'

function paint() {
  const dark = chosen === 'system' ? systemDark.matches : chosen === 'dark'
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

/** Paints the theme that was chosen last and follows the system from now on. Called once, before the first view. */
export function startTheme() {
  chosen = loadTheme()
  systemDark.addEventListener('change', paint)
  paint()
}

/** Changes the theme and remembers it. */
export function chooseTheme(theme: Theme) {
  chosen = theme
  paint()
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // private windows may refuse storage: the choice then lasts as long as the page
  }
}

export function nextTheme(theme: Theme): Theme {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]
}
