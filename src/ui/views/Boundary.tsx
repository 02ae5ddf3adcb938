import { Component } from 'react'
import type { ReactNode } from 'react'
import { LabError } from '../../core/errors'
import { Banner } from './Notices'

/** Says so where a part of the page cannot be drawn, and leaves the rest of the page as it is. */
export class Boundary extends Component<{ children: ReactNode }, { error: LabError | null }> {
  override state: { error: LabError | null } = { error: null }

  static getDerivedStateFromError(thrown: unknown) {
    return { error: LabError.from(thrown) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <>
        <h1 className="visually-hidden">Not shown</h1>
        <Banner notice={{
          level: 'error',
          message: `This part of the page could not be shown: ${error.message}`,
          hint: 'Reload the page. Nothing that was recorded is lost, and a running lab goes on.',
        }} />
      </>
    )
  }
}
