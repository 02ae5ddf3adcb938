/** What happens to each attempt, in five steps. */
export function LoopSteps() {
  return (
    <ol className="loop" aria-label="The loop">
      <li><b>Propose</b><span>The researcher edits <code>train.js</code> and says in one sentence why it should help.</span></li>
      <li><b>Commit</b><span>The edit becomes a git commit before anything runs, so no attempt can be forgotten.</span></li>
      <li><b>Train</b><span>A new model starts from nothing and trains for the same budget as all others.</span></li>
      <li><b>Assay</b><span>The judge scores it on text it has never seen and compares it with the best so far.</span></li>
      <li><b>Keep or go back</b><span>A gain larger than the noise is kept. Anything else is recorded and undone.</span></li>
    </ol>
  )
}
