import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectLab } from '../worker/client'
import { App } from './App'
import { SessionContext } from './state/context'
import { createSession } from './state/session'
import { startTheme } from './state/theme'
import './styles/index.css'

startTheme()
const session = createSession(connectLab())

// what a Boundary catches is an error of the page all the same
createRoot(document.getElementById('root')!, { onCaughtError: reportError }).render(
  <StrictMode>
    <SessionContext value={session}>
      <App />
    </SessionContext>
  </StrictMode>,
)
