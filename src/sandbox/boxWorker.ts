// Entry point of the box's worker in a browser: QuickJS beside nothing else. See workerBox.ts for the other side.

import ngVariant from '@jitl/quickjs-ng-wasmfile-release-sync'
import wasmUrl from '@jitl/quickjs-ng-wasmfile-release-sync/wasm?url'
import { newVariant } from 'quickjs-emscripten-core'
import type { BoxPort } from './serveBox'
import { serveBox } from './serveBox'

const scope: BoxPort = globalThis
await serveBox(scope, newVariant(ngVariant, { wasmLocation: wasmUrl }))
