import type { Cheat } from '../types'

export default {
  id: 'signed-lie',
  family: 'record',
  title: 'Sign a lie',
  tries: 'A receipt with an invented score is signed with a valid key of one’s own.',
  async attempt(ground) {
    const { verdict, reason } = await ground.replay(await ground.receipt((bpb) => bpb - 0.5))
    return { blocked: verdict === 'refuted', by: verdict, reason }
  },
} satisfies Cheat
