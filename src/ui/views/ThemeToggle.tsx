import { useState } from 'react'
import { chooseTheme, loadTheme, nextTheme } from '../state/theme'
import { Icon } from './Icon'

const ICONS = { system: 'half', light: 'sun', dark: 'moon' } as const

export function ThemeToggle() {
  const [theme, setTheme] = useState(loadTheme)
  return (
    <button
      type="button"
      className="button button-quiet icon-only"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}. Press for ${nextTheme(theme)}.`}
      onClick={() => {
        chooseTheme(nextTheme(theme))
        setTheme(nextTheme(theme))
      }}
    >
      <Icon name={ICONS[theme]} />
    </button>
  )
}
