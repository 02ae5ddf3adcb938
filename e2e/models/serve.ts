// The bare page of this folder.

import type { Host } from '../hosting'
import { openBarePage } from '../barePage'

/** Takes seconds. */
export const openModelsPage = (): Promise<Host> => openBarePage('models')
