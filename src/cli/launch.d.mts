/** Builds the commands and what they start, unless that is done; see launch.mjs. Returns the folder of the build. */
export declare function buildNode(): Promise<string>
