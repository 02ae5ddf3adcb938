// What a person can do so that the browser's own model answers.

import type { BrowserAvailability } from './types'

const ELSEWHERE = 'Or choose another model: one in the page, a program on this machine, a provider, or copy and paste.'

/** One step a line; empty when there is nothing to do. */
export function helpFor(availability: BrowserAvailability): string[] {
  switch (availability) {
    case 'available':
      return []
    case 'downloadable':
      return ['The browser has not fetched its model yet: press “Download” beside it. It takes some gigabytes on the disk, and is shared by all pages.']
    case 'downloading':
      return ['The browser is fetching its model: wait until it is there, and press “Download” to see how far it is.']
    case 'unavailable':
      return [
        'The browser knows the Prompt API but cannot run its model here. Chrome wants Windows 10, macOS 13, Linux or a Chromebook Plus, 22 GB free on the disk of its profile, and a GPU with more than 4 GB or 16 GB of memory and four cores.',
        'Open chrome://on-device-internals: it says which of these is missing, and whether an administrator has switched the model off.',
        'Chromium without Google’s services has no such model at all.',
        ELSEWHERE,
      ]
    case 'missing':
      return ['This browser has no model of its own (no LanguageModel in this page): update Chrome or Edge on a desktop.', 'The page must be opened over https or from this machine.', ELSEWHERE]
  }
}
