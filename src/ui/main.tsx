import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LabError } from '../core/errors'
import { connectLab } from '../worker/client'
import { App } from './App'
import { isPolicyMissing } from './policy/inForce'
import { SessionContext } from './state/context'
import { createSession } from './state/session'
import { startTheme } from './state/theme'
import './styles/index.css'

const root = document.getElementById('root')!
if (isPolicyMissing()) {
  root.textContent = 'The script that bounds what this page may reach did not run, so the lab does not start. Reload the page.'
  throw new LabError('lab.internal', 'the page has no policy')
}

startTheme()
const session = createSession(connectLab())

// what a Boundary catches is an error of the page all the same
createRoot(root, { onCaughtError: reportError }).render(
  <StrictMode>
    <SessionContext value={session}>
      <App />
    </SessionContext>
  </StrictMode>,
)
