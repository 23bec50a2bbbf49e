import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import github from './index.ts'

testActionConnector(github, new URL('./fixtures/', import.meta.url))
