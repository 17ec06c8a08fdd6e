# The provider told nothing: AWS_ENDPOINT_URL in the environment has to be enough.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}
