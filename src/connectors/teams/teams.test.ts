import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import teams from './index.ts'

testActionConnector(teams, new URL('./fixtures/', import.meta.url))
