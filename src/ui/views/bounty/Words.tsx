import { Fragment } from 'react'
import { tame } from '../../state/bountyText'
import { Sats } from './Sats'

/** A sentence of the record, with every amount in it marked for what it is. */
export function Words({ text, play, most = 600 }: { text: string; play: boolean; most?: number }) {
  const parts = tame(text, most).split(/(\b\d[\d,]*(?:\.\d{1,3})?) (?:play )?sat\b/)
  return <>{parts.map((part, i) => <Fragment key={i}>{i % 2 === 1 ? <Sats msat={Math.round(Number(part.replaceAll(',', '')) * 1000)} play={play} /> : part}</Fragment>)}</>
}
