/** What a person is told when there is no Chromium and none can be installed. */
export declare const NO_CHROMIUM: string

/** The path of a Chromium that starts; see chromium.mjs. */
export declare function findChromium(env?: Record<string, string | undefined>): string | null

/** Finds a Chromium, or installs Debian's when run as root there. */
export declare function ensureChromium(): string | null
