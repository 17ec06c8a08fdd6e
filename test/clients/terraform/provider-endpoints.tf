# The provider told in its own block where the service is. Keys and region come from the environment.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true

  endpoints {
    acm        = var.endpoint
    cloudfront = var.endpoint
    iam        = var.endpoint
    s3         = var.endpoint
    sts        = var.endpoint
  }
}
