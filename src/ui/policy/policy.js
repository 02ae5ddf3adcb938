// The first script of the page, before anything else loads: it writes the page's policy, once. Policies only add up and
// none can be widened later, so what this browser was told to allow (origins.ts) is put in now; another address takes
// another page load. Every worker is started under this policy, too (src/worker/spawn.ts).
{
  const RULES = '__RULES__' // put in by the build (policyPlugin.mjs)
  const ORIGIN = /^(https?|wss?):\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/

  let kept = []
  try {
    const stored = JSON.parse(localStorage.getItem('assay.origins') ?? '[]')
    kept = stored.map(({ origin }) => origin).filter((origin) => ORIGIN.test(origin)).slice(0, 100)
  } catch (error) {
    // storage is off, or what it holds is not ours: the page reaches nothing but itself
    console.warn('No further address is allowed:', error)
  }
  // editors bring their own styles: only what carries this page load's number counts
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
  const policy = document.createElement('meta')
  policy.id = 'policy'
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = `${RULES}; style-src 'self' 'nonce-${nonce}'; connect-src ${["'self'", ...kept].join(' ')}`
  document.head.append(policy)
}
