import { ActionButton } from '../actions/ActionButton'
import { useApp } from '../state/context'
import { budgetLabel, datasetLabel, labSettings, tokenizerLabel } from '../state/settings'
import { researcherLabel } from '../state/researchers'
import { LoopSteps } from './LoopSteps'
import { RunsOn } from './RunsOn'
import { Preparing } from './Preparing'
import { PastLabs } from './PastLabs'
import { ProfileSection } from './ProfileSection'
import { ProgramSection } from './ProgramSection'
import { SectionLink } from './SectionLink'
import { Setup } from './Setup'

/** The page before a lab is shown: one button that works, and all that can be changed first. */
export function StartView() {
  return (
    <>
      <div className="start">
        <section className="hero" aria-labelledby="hero-title">
          <h1 id="hero-title">Find out what makes a small language model learn faster.</h1>
          <p className="lede">
            A tiny GPT trains on this device, in this tab. A researcher changes its program, trains again, and keeps the
            change only if the gain is larger than the noise. Every attempt is recorded, the failures too.
          </p>
          <ActionButton id="start" icon="play" look="hero" />
          <Plan />
          <Preparing />
          <RunsOn />
        </section>
        <Setup />
      </div>
      <PastLabs />
      <ProgramSection labId={null} lab={null} />
      <ProfileSection />
      <section className="how" aria-labelledby="loop-title">
        <h2 id="loop-title">What the lab does</h2>
        <LoopSteps />
        <p className="more"><SectionLink id="how">What the numbers mean, and how far to trust them</SectionLink></p>
      </section>
    </>
  )
}

/** What the button will do, in one line. */
function Plan() {
  const draft = useApp((state) => state.draft)
  const defaults = useApp((state) => state.defaults)
  // the budget depends on what trains: nothing is promised before that is known
  if (!draft.budget && !defaults) return <p className="plan" />
  const { budget } = labSettings(draft, defaults, { trainJs: null, programMd: null })
  return (
    <p className="plan">
      {datasetLabel(draft.dataset)} as {tokenizerLabel(draft.tokenizer)}, {budgetLabel(budget)} of training a run,
      {' '}researched by {researcherLabel(draft)}
      {draft.maxExperiments === null ? ', until you stop it.' : `, ${draft.maxExperiments} experiments.`}
    </p>
  )
}
