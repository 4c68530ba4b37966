"""A schema put together from two query types, a mutation of each style, and an input."""

import graphene
from graphene import relay


class Tree(graphene.ObjectType):
    name = graphene.String()
    height_in_meters = graphene.Int()

    def resolve_name(self, info):
        return self.name


class TreeQuery(graphene.ObjectType):
    tall_trees = graphene.List(Tree, least=graphene.Int())
    tree = graphene.Field(Tree, name=graphene.String(required=True))

    def resolve_tall_trees(self, info, least=0):
        return []

    def resolve_tree(self, info, name):
        return Tree(name=name)


def ping_resolver(root, info):
    return "pong"


class Query(TreeQuery, graphene.ObjectType):
    ping = graphene.String(resolver=ping_resolver)


class Place(graphene.InputObjectType):
    east_of = graphene.Int()


class Planting(graphene.Mutation):
    class Meta:
        abstract = True

    class Arguments:
        name = graphene.String(required=True)
        on_place = graphene.Argument(Place, required=True)
        old_names = graphene.List(graphene.NonNull(graphene.String), name="formerly")


class PlantTree(graphene.Mutation):
    class Arguments(Planting.Arguments):
        depth = graphene.Argument(graphene.NonNull(graphene.Int))

    tree = graphene.Field(Tree)

    def mutate(self, info, name):
        return PlantTree(tree=Tree(name=name))


class FellTree(relay.ClientIDMutation):
    class Input:
        name = graphene.String(required=True)

    done = graphene.Boolean()

    @classmethod
    def mutate_and_get_payload(cls, root, info, name):
        return FellTree(done=True)


class Mutation(graphene.ObjectType):
    plant_tree = PlantTree.Field()
    fell_tree = FellTree.Field()


schema = graphene.Schema(query=Query, mutation=Mutation)
