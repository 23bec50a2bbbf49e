import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import gitlab from './index.ts'

testActionConnector(gitlab, new URL('./fixtures/', import.meta.url))
