"""Fields by decorator, by resolver, under another name, and inherited ones."""

import strawberry


@strawberry.type
class Tree:
    name: str

    @strawberry.field
    def leaves(self) -> int:
        return 0


def all_trees() -> list[Tree]:
    return []


@strawberry.type
class Basics:
    @strawberry.field
    def server_time(self) -> str:
        return "now"


@strawberry.type
class Query(Basics):
    trees: list[Tree] = strawberry.field(resolver=all_trees)

    @strawberry.field(name="oldest")
    def oldest_tree(self) -> Tree:
        return Tree(name="yew")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant_tree(self, name: str) -> Tree:
        return Tree(name=name)


schema = strawberry.Schema(query=Query, mutation=Mutation)
