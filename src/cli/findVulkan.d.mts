/** What a person is told when there is neither a driver nor a Chromium. */
export declare const NO_VULKAN: string

/** Finds what Dawn needs to run here; see findVulkan.mjs. */
export declare function findVulkan(
  env?: Record<string, string | undefined>,
  platform?: string,
  places?: { libraries: string[]; drivers: string[]; browsers: string[] },
): { kind: 'native' | 'system' | 'chromium' | 'none'; env: Record<string, string>; folder: string | null }
