"""Resolvers bound by decorator and by call, on types made in three ways."""

from ariadne import MutationType, ObjectType, QueryType, gql, make_executable_schema

definitions = gql(
    """
    type Tree { name: String! leaves: Int! }
    type Query { trees: [Tree!]! tallTree(least: Int): Tree }
    type Mutation { plantTree(name: String!): Tree }
    """
)

query = QueryType()
mutation = MutationType()
tree = ObjectType("Tree")


@query.field("trees")
def resolve_trees(*_):
    return []


def tall_tree(*_, least=0):
    return None


query.set_field("tallTree", tall_tree)


@mutation.field("plantTree")
def plant(*_, name):
    return {"name": name, "leaves": 0}


@tree.field("leaves")
def leaves(obj, *_):
    return 0


schema = make_executable_schema(definitions, query, mutation, tree)
