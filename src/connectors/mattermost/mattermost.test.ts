import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import mattermost from './index.ts'

testActionConnector(mattermost, new URL('./fixtures/', import.meta.url))
