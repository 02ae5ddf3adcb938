import { ACTIONS } from '../actions/actions'

export function Footer() {
  return (
    <footer className="footer">
      <p>An assay tells how much of the ore is gold: here nothing counts until it has been assayed.</p>
      <ul className="shortcuts" aria-label="Keyboard shortcuts">
        {Object.values(ACTIONS).map(({ id, label, shortcut }) => <li key={id}><kbd>{shortcut}</kbd> {label}</li>)}
      </ul>
    </footer>
  )
}
