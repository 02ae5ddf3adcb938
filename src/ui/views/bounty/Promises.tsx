import type { BountyDraft } from '../../../worker/bountyProtocol'
import { payoutsOf, promisesOf, risksOf } from '../../state/bountyForm'
import { percent } from '../../state/format'
import { Sats } from './Sats'
import { Words } from './Words'

/** What a draft means before it is posted: what is promised, what a gain earns, and what can happen to the money. */
export function Promises({ draft }: { draft: BountyDraft }) {
  const play = draft.money === 'play'
  const payouts = payoutsOf(draft)
  return (
    <>
      <h2>What you promise</h2>
      <ul className="promises">{promisesOf(draft).map((text) => <li key={text}><Words text={text} play={play} /></li>)}</ul>
      {payouts.length > 0 && (
        <table className="payouts">
          <caption className="visually-hidden">What a first submission earns</caption>
          <thead><tr><th scope="col">Of the target</th><th scope="col" className="num">At once</th><th scope="col" className="num">Later</th><th scope="col" className="num">Back to you</th></tr></thead>
          <tbody>
            {payouts.map(({ ratio, nowMsat, laterMsat, backMsat }) => (
              <tr key={ratio}>
                <th scope="row">{percent(ratio, 0)}</th>
                <td className="num"><Sats msat={nowMsat} play={play} /></td>
                <td className="num"><Sats msat={laterMsat} play={play} /></td>
                <td className="num"><Sats msat={backMsat} play={play} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h3>What can happen to your money</h3>
      <ul className="promises">{risksOf(draft).map((text) => <li key={text}><Words text={text} play={play} /></li>)}</ul>
    </>
  )
}
